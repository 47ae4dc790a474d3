import dagster as dg
import pytest

from orchestration.failure import failure, retry_on_storage_error
from orchestration.refresh import Problem, problems_of


def run(*errors: Exception):
    """A step whose tries end so, one after the other: the result, and how often it ran."""
    left = list(errors)
    n = 0

    @dg.asset
    def table() -> None:
        nonlocal n
        n += 1
        with retry_on_storage_error(tries=2, seconds_to_wait=0):
            if left:
                raise left.pop(0)

    return dg.materialize([table], raise_on_error=False), n


def test_a_file_that_cannot_be_read_is_tried_again():
    result, n = run(OSError("share gone"), PermissionError("no"))
    assert result.success
    assert n == 3


def test_not_for_ever_and_the_error_is_told():
    result, n = run(*[OSError("Input/output error")] * 9)
    assert not result.success
    assert n == 3
    (event,) = result.get_step_failure_events()
    assert "Input/output error" in event.step_failure_data.error.to_string()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), PermissionError("no")])
def test_storage_that_never_answers_is_told_without_a_traceback(error):
    result, _ = run(error, error, error)
    (problem,) = problems_of(result.all_events)
    assert problem == Problem("table", "storage", str(error))


@pytest.mark.parametrize(
    "error", [failure("refused", "transfer refused"), ValueError("a defect"), KeyError("x")]
)
def test_a_mistake_in_data_or_code_is_not(error):
    result, n = run(error)
    assert not result.success
    assert n == 1

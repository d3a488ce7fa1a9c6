from __future__ import annotations

import errno

import numpy as np
import pytest
from scipy.linalg import cholesky

from hpcmlff import errors
from hpcmlff.diagnosis.exceptions import cause_of_error


def raised(action: object) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each of its own kind
        action()  # type: ignore[operator]
    return caught.value


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (MemoryError(), "out of memory"),
        (errors.TooLittleMemory("needs 5 GiB"), "out of memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "out of memory"),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
            "out of memory",
        ),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "out of memory"),
        (RuntimeError("std::bad_alloc"), "out of memory"),
        (errors.Diverged("the loss is not a finite number"), "diverged"),
        (FloatingPointError("overflow"), "diverged"),
        (ValueError("array must not contain infs or NaNs"), "diverged"),
        (ValueError("Input X contains NaN."), "diverged"),
        (errors.NotPositiveDefinite("the kernel matrix"), "not positive definite"),
        (errors.UnusableFrames("all training forces are equal"), "bad data"),
        (errors.DataError("no such file"), "bad data"),
        (errors.DataError("cannot write: No space left on device"), "disk full"),
        (errors.BrokenEnvironment("no GPU"), "environment broken"),
        (errors.GridError("unknown model 'x'"), "environment broken"),
        (ModuleNotFoundError("No module named 'torch'"), "environment broken"),
        (OSError("libtorch.so: cannot open shared object file"), "environment broken"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "disk full"),
        (OSError(errno.EFBIG, "File too large"), "disk full"),
        (OSError("Can't write data (errno = 28, 'No space left on device')"), "disk full"),
        (OSError(errno.EIO, "Input/output error"), "error"),
        (errors.TrainingError("the solver did not converge"), "error"),
        (KeyError("x"), "error"),
    ],
)
def test_an_exception_has_a_cause(error: BaseException, cause: str) -> None:
    assert cause_of_error(error).value == cause


def test_exceptions_as_libraries_raise_them_have_a_cause() -> None:
    indefinite, huge = -np.eye(3), 2**50
    assert cause_of_error(raised(lambda: np.empty(huge))).value == "out of memory"
    assert cause_of_error(raised(lambda: np.linalg.cholesky(indefinite))).value == (
        "not positive definite"
    )
    assert cause_of_error(raised(lambda: cholesky(indefinite))).value == "not positive definite"
    assert cause_of_error(raised(lambda: cholesky(indefinite * np.nan))).value == "diverged"
    assert cause_of_error(raised(lambda: __import__("no_such"))).value == "environment broken"


@pytest.mark.slow
def test_exceptions_as_torch_raises_them_have_a_cause() -> None:
    import torch

    indefinite = -torch.eye(3)
    assert cause_of_error(raised(lambda: torch.linalg.cholesky(indefinite))).value == (
        "not positive definite"
    )
    assert cause_of_error(raised(lambda: torch.empty(2**50))).value == "out of memory"

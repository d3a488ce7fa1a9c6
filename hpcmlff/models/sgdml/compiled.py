"""The kernel matrix's blocks, compiled.

Symbols follow Chmiela et al., Science Advances 3, e1603015 (2017), and Nature
Communications 9, 3887 (2018). With d = D_i - P_q D_j the difference of two
descriptors under a symmetry, s = sqrt(5) |d| and b = 5 exp(-s/sigma) / (3 sigma^4), the
block of forces is the sum over symmetries of

    b (sigma^2 + sigma s) J_i^T (P_q J_j) - 5 b (J_i^T d) (d^T P_q J_j)

with the Jacobians J of the descriptors. A Jacobian's row of a pair of atoms has six
entries that are not zero, three and their negatives; so J is kept as
``(n_atoms, 3, n_atoms)`` and products with it are sums over one atom's neighbours.
Within a frame unknowns are ordered x of all atoms, y of all atoms, z of all atoms.
"""

# Loops are written out: calls within them cost, and no array may be made in them.
# ruff: noqa: PLR0912, PLR0913, PLR0917

from __future__ import annotations

from math import exp, sqrt

import numba
import numpy as np

# Sums may be taken in another order, or they could not use the vector units; the
# order is the same in every run. NaN and infinity keep their meaning.
_REORDER = {"reassoc", "contract", "nsz", "arcp"}
_PART = numba.njit(nogil=True, cache=False, fastmath=_REORDER, inline="always")

# One signature, compiled at once: processes that race to keep it then keep the same.
_SIGNATURE = "(f8[:,::1], i8[::1], i8[::1], f8[:,:,::1], f8[:,:,:,::1], i8[:,::1], f8)"
_WHOLE = numba.njit(_SIGNATURE, nogil=True, cache=True, fastmath=_REORDER)


@_PART
def _permuted(descriptor, jacobian, inverse, d_out, j_out):  # type: ignore[no-untyped-def]
    """Bring one frame into the order of every symmetry."""
    n_perms, n = inverse.shape
    for q in range(n_perms):
        for a in range(n):
            for b in range(n):
                d_out[q, a, b] = descriptor[inverse[q, a], inverse[q, b]]
                for x in range(3):
                    j_out[q, a, x, b] = jacobian[inverse[q, a], x, inverse[q, b]]


@_PART
def _difference(one, other, out):  # type: ignore[no-untyped-def]
    """Write one minus other; return sqrt(5) times its norm over pairs."""
    n = len(out)
    total = 0.0
    for a in range(n):
        for b in range(n):
            out[a, b] = one[a, b] - other[a, b]
            total += out[a, b] * out[a, b]
    # Every pair stands there twice.
    return sqrt(2.5 * total)


@_PART
def _projected(jacobian, difference, factor, out):  # type: ignore[no-untyped-def]
    """Write ``factor * J^T d``."""
    n = len(difference)
    for a in range(n):
        for x in range(3):
            total = 0.0
            for b in range(n):
                total += jacobian[a, x, b] * difference[a, b]
            out[x, a] = factor * total


@_WHOLE
def fill_forces(out, rows, columns, descriptors, jacobians, inverse, sigma):  # type: ignore[no-untyped-def]
    """Write the blocks of forces with forces.

    Parameters
    ----------
    out
        ``(3 · n_atoms · n_rows, 3 · n_atoms · n_columns)``, written to.
    rows, columns
        ``(n_rows,)`` and ``(n_columns,)``, numbers of frames.
    descriptors
        ``(n_frames, n_atoms, n_atoms)``, inverse distances, 1/Å, zero on the diagonal.
    jacobians
        ``(n_frames, n_atoms, 3, n_atoms)``, derivative of the inverse distance of two
        atoms by the first one's position, 1/Å².
    inverse
        ``(n_perms, n_atoms)``, the symmetries, inverted.
    sigma
        Length scale, 1/Å.
    """
    n_perms, n = inverse.shape
    d_i, j_i = np.empty((n_perms, n, n)), np.empty((n_perms, n, 3, n))
    d, u, v = np.empty((n, n)), np.empty((3, n)), np.empty((3, n))
    block = np.empty((3, n, 3, n))
    for r in range(len(rows)):
        _permuted(descriptors[rows[r]], jacobians[rows[r]], inverse, d_i, j_i)
        for c in range(len(columns)):
            j_j = jacobians[columns[c]]
            block[:] = 0.0
            for q in range(n_perms):
                s = _difference(d_i[q], descriptors[columns[c]], d)
                base = 5.0 * exp(-s / sigma) / (3.0 * sigma**4)
                weight = base * (sigma * sigma + sigma * s)
                for a in range(n):
                    for x in range(3):
                        u_xa, v_xa = 0.0, 0.0
                        for b in range(n):
                            u_xa += j_i[q, a, x, b] * d[a, b]
                            v_xa += j_j[a, x, b] * d[a, b]
                        u[x, a], v[x, a] = 5.0 * base * u_xa, v_xa
                for a in range(n):
                    # Read once: a store might change them, for all the compiler knows.
                    atom = inverse[q, a]
                    for x in range(3):
                        u_xa = u[x, a]
                        for y in range(3):
                            # Of the six entries of a row, the atom with itself ...
                            own = 0.0
                            for b in range(n):
                                # ... and with the other atom of the pair.
                                pair = weight * j_i[q, a, x, b] * j_j[a, y, b]
                                own += pair
                                block[x, atom, y, b] -= u_xa * v[y, b] + pair
                            block[x, atom, y, a] += own
            for x in range(3):
                for a in range(n):
                    for y in range(3):
                        for b in range(n):
                            out[(r * 3 + x) * n + a, (c * 3 + y) * n + b] = block[x, a, y, b]


@_WHOLE
def fill_mixed(out, rows, columns, descriptors, jacobians, inverse, sigma):  # type: ignore[no-untyped-def]
    """Write the blocks of energies with forces; as `fill_forces`.

    Parameters
    ----------
    out
        ``(n_rows, 3 · n_atoms · n_columns)``, written to.
    rows, columns, descriptors, jacobians, inverse, sigma
        See `fill_forces`.
    """
    n_perms, n = inverse.shape
    d_i, j_i = np.empty((n_perms, n, n)), np.empty((n_perms, n, 3, n))
    d, v, total = np.empty((n, n)), np.empty((3, n)), np.empty((3, n))
    for r in range(len(rows)):
        _permuted(descriptors[rows[r]], jacobians[rows[r]], inverse, d_i, j_i)
        for c in range(len(columns)):
            total[:] = 0.0
            for q in range(n_perms):
                s = _difference(d_i[q], descriptors[columns[c]], d)
                factor = 5.0 * (s + sigma) * exp(-s / sigma) / (3.0 * sigma**3)
                _projected(jacobians[columns[c]], d, factor, v)
                total += v
            for y in range(3):
                for b in range(n):
                    out[r, (c * 3 + y) * n + b] = total[y, b]


@_WHOLE
def fill_energies(out, rows, columns, descriptors, jacobians, inverse, sigma):  # type: ignore[no-untyped-def]
    """Write the elements of energies with energies; as `fill_forces`.

    Parameters
    ----------
    out
        ``(n_rows, n_columns)``, written to.
    rows, columns, descriptors, jacobians, inverse, sigma
        See `fill_forces`.
    """
    n_perms, n = inverse.shape
    d_i, j_i = np.empty((n_perms, n, n)), np.empty((n_perms, n, 3, n))
    d = np.empty((n, n))
    for r in range(len(rows)):
        _permuted(descriptors[rows[r]], jacobians[rows[r]], inverse, d_i, j_i)
        for c in range(len(columns)):
            total = 0.0
            for q in range(n_perms):
                t = _difference(d_i[q], descriptors[columns[c]], d) / sigma
                total += (1.0 + t * (1.0 + t / 3.0)) * exp(-t)
            out[r, c] = total

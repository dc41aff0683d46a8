"""The ellipses are the components', the colours the responsibilities', the stairs the bound's."""

from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.patches import Ellipse

from aelab.figure import canvas as look
from aelab.figure.em_steps import EMSteps
from aelab.model.identity import identity
from aelab.model.prior.gaussian_mixture import GaussianMixture


@pytest.fixture
def kept(memory, view):
    """(steps, dim, covariance) -> the View of a run that has gone so many steps, of components 0 and 1."""

    def make(last: int = 8, dim: int = 2, covariance: Any = "full", components: int = 2):
        prior = GaussianMixture(dim, components, True, covariance, 2.0, 0.5, 0.1)
        v = view(memory((dim,), n=100), identity((dim,), (dim,), 1, "identity", prior=prior))
        for step in range(last + 1):
            state = {name: value.clone() for name, value in prior.state_dict().items()}
            state["mean"] += step / 10
            v.mixtures[step] = state
            row = {
                "train/log_density": -(2.0 ** (1 - step)),
                "train/bound": -(2.0 ** (1 - step)) - 0.1 * (step > 0),
            }
            v.history.append({"stage": "em", "epoch": step, "step": step, **row})
        return v

    return make


def ellipses(axes) -> list[Ellipse]:
    return [patch for patch in axes.patches if isinstance(patch, Ellipse)]


def test_pictures_are_of_the_steps_and_the_last(kept, painted):
    def titles(last):
        canvas = painted(EMSteps([5, 0, 1], 50).draw(kept(last)))
        return [axes.get_title() for axes in canvas.axes if ellipses(axes)]

    assert titles(8) == ["start", "1 step", "5 steps", "8 steps, the last"]
    assert titles(5) == ["start", "1 step", "5 steps, the last"]
    assert titles(1) == ["start", "1 step, the last"] and titles(0) == ["start"]


@pytest.mark.parametrize("covariance", ["full", "tied", "diagonal", "spherical"])
def test_ellipses_are_of_one_and_two_standard_deviations(covariance, kept, painted):
    v = kept(2, covariance=covariance)
    state = v.mixtures[2]
    state["log_std"] += torch.randn(state["log_std"].shape, generator=torch.Generator().manual_seed(0))
    if "lower" in state:
        state["lower"] += 0.7
    mixture = v.model.prior
    mixture.load_state_dict(state)
    axes = next(axes for axes in painted(EMSteps([0], 50).draw(v)).axes if "last" in axes.get_title())
    found = ellipses(axes)
    assert len(found) == 4
    for i, ellipse in enumerate(found):
        k, sigmas = i // 2, 1 + i % 2
        assert ellipse.center == pytest.approx(tuple(mixture.mean[k].tolist()), abs=1e-5)
        path = ellipse.get_patch_transform().transform(ellipse.get_path().vertices)
        on = path[:1]  # the first is on the curve, others are control points
        inside = np.exp(-(sigmas**2) / 2)  # density there, against the middle's
        z = torch.tensor(np.stack([on[0], np.array(ellipse.center)])).float()
        edge, middle = mixture.log_joint(z).detach()[:, k].exp()
        assert (edge / middle).item() == pytest.approx(inside, rel=1e-4)


def test_points_have_the_colours_of_their_components_mixed(kept, painted):
    v = kept(3)
    canvas = painted(EMSteps([0], 50).draw(v))
    drawn = canvas.axes[0].collections[0]
    z = torch.from_numpy(np.asarray(drawn.get_offsets()))
    v.model.prior.load_state_dict(v.mixtures[0])
    r = v.model.prior.log_joint(z.float()).softmax(1).detach().numpy()
    colours = np.array([to_rgb(colour) for colour in look.class_colours([0, 1])])
    np.testing.assert_allclose(np.asarray(drawn.get_facecolors())[:, :3], r @ colours, atol=1e-5)
    train = v.codes("train")[0]
    assert len(z) == 50 and all(np.isclose(train, point, atol=1e-6).all(1).any() for point in z)


def test_stairs_go_up_by_m_to_the_bound_and_by_e_to_the_log_density(kept, painted):
    canvas = painted(EMSteps([0], 50).draw(kept(8)))
    stairs, whole = canvas.axes[-2:]
    m, e = (next(line for line in stairs.lines if str(line.get_label())[:1] == name) for name in "ME")
    np.testing.assert_allclose(m.get_xydata()[:2], [[0, -2], [1, -1.1]])
    np.testing.assert_allclose(e.get_xydata()[:2], [[1, -1.1], [1, -1]])
    np.testing.assert_allclose(whole.lines[0].get_ydata(), [-(2.0 ** (1 - step)) for step in range(9)])
    few = painted(EMSteps([0], 50).draw(kept(3)))  # all of them are stairs
    assert len(few.axes) == 3


def test_says_why_there_is_nothing_to_draw(kept):
    def said(v):
        figure = EMSteps([0], 50)
        assert figure.draw(v) is None
        return figure.reason

    other = kept()
    other.history.clear()
    assert said(other) == "draws the steps of a stage em; recipe=em and recipe=fit_em have one"
    assert said(kept(dim=5)).endswith("codes in the plane, and these have 5 numbers")
    other = kept()
    other.mixtures.clear()
    assert said(other).endswith("and this run kept no checkpoints of it")


@pytest.mark.parametrize(
    ("steps", "points", "line"),
    [
        ([0], 0, "points must be at least 1, got 0"),
        ([], 1, "steps must be at least one and not negative, got"),
    ],
)
def test_refusals(steps, points, line):
    with pytest.raises(ValueError, match=line):
        EMSteps(steps, points)

"""The pose's rotation against scipy's, and planes moved nearer."""

import numpy as np
from numpy.testing import assert_allclose
from scipy.spatial.transform import Rotation

from seqsynth.motion.camera import CENTRE, UNIT, Plane, Pose


def test_rotation_is_scipys_about_the_same_axis():
    turn = np.array([0.02, -0.05, 0.01])
    pose = Pose((0, 0, 0), tuple(np.rint(UNIT * turn).astype(int).tolist()))
    length = np.linalg.norm(turn)
    truth = Rotation.from_rotvec(2 * np.arctan(length) * turn / length).as_matrix()
    assert_allclose(pose.extrinsics()[:, :3], truth, atol=3e-6)


def test_positive_yaw_turns_the_scene_to_the_right():
    pose = Pose((0, 0, 0), (0, UNIT // 50, 0))
    x, _, z = pose.extrinsics()[:, :3] @ [0, 0, 1]
    assert x / z > 0


def test_extrinsics_put_the_camera_at_the_origin():
    pose = Pose((UNIT // 8, -UNIT // 4, UNIT // 2), (1000, 2000, -3000))
    rotation, shift = pose.extrinsics()[:, :3], pose.extrinsics()[:, 3]
    # Rot X - t vanishes where the camera stands, t in its own axes.
    assert_allclose(rotation @ (rotation.T @ [0.125, -0.25, 0.5]) + shift, 0, atol=1e-15)


def test_the_centre_pose_is_the_identity_without_negative_zeros():
    extrinsics = CENTRE.extrinsics()
    assert np.array_equal(extrinsics, np.eye(3, 4))
    assert not np.signbit(extrinsics).any()


def test_a_plane_twice_as_near_has_twice_the_normal():
    assert Plane((3, -5, UNIT)).at(2 * UNIT) == Plane((6, -10, 2 * UNIT))

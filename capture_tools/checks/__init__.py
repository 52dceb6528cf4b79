"""Checks: one function a rule, each from what is known of a scene and the limits to findings.

`settings` and `size` judge what the files' headers say, the other modules what was measured on the
pixels. No check raises and none stops another; each can answer "cannot tell".
"""

"""What finished cells leave behind beside their scores, gathered once and kept.

Predictions against reference, validations, linear systems, and what it all cost.
"""

"""Networks of one molecule without index lists: tensors of fixed shapes, which compile."""

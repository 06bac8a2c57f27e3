"""The graph: tensors, variables, walks, and what errors say."""

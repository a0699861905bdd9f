"""Records of the views of an application, for the inspector: messages, states, and parts that were sent."""

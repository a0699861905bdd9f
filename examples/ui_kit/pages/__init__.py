"""The pages of the components: a module and a template for each. The application finds them by itself."""

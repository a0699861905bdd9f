"""What goes wrong with a store."""


class StoreUnavailable(Exception):
    """A store could not be asked, or did not answer in time. What was to be written may have been written.

    Whoever asked in order to let somebody in must refuse: not to know is not a yes.
    """

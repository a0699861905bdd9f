// The header of a data table: with the Shift key a click adds its column to the order.

/** Returns `metadata.click` of LiveSocket: what the application's own adds to an event, and the Shift key of a header. */
export const withSortKeys = (metadata = {}) => ({
  ...metadata,
  click: (event, element) => ({
    ...metadata.click?.(event, element),
    ...(event.shiftKey && element.classList.contains("pv-data-sort") && { shiftKey: true }),
  }),
});

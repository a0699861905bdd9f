// Tooltips: the style sheet shows them. The Escape key hides one until the pointer or the focus comes again.

function pressed({ key }) {
  if (key !== "Escape") return;
  for (const tip of document.querySelectorAll(".pv-tip:is(:hover, :focus-within)")) tip.dataset.closed = "";
}

function left({ target, relatedTarget }) {
  const tip = target.closest?.(".pv-tip[data-closed]");
  if (tip && !tip.contains(relatedTarget)) delete tip.dataset.closed;
}

export function watchTooltips() {
  document.addEventListener("keydown", pressed);
  document.addEventListener("pointerout", left);
  document.addEventListener("focusout", left);
}

// Flash messages that leave by themselves. An animation of the style sheet is the clock: it stops while the pointer or the
// focus is on a message, and a new message has a new one.

function ended({ animationName, target }) {
  if (animationName !== "pv-leave") return;
  const message = target.closest(".pv-flash");
  // As if the user had closed it, so that the server forgets it, too.
  if (window.liveSocket) message?.querySelector(".pv-close")?.click();
  else message?.remove();
}

export function watchMessages() {
  document.addEventListener("animationend", ended);
}

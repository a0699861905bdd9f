// The menu of an application on a phone closes when the user has chosen a link.

function clicked(event) {
  event.target.closest?.(".pv-sidebar:popover-open a")?.closest(".pv-sidebar").hidePopover();
}

export function watchShell() {
  document.addEventListener("click", clicked);
}

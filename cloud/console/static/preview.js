// The screens below a preview are shown in it when one chooses them; without this script they open as pictures.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-preview]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const picture = document.getElementById(link.dataset.preview);
  picture.src = link.href;
  picture.alt = link.textContent.trim();
  for (const other of link.parentElement.children) other.toggleAttribute("aria-current", other === link);
});

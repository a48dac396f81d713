// Copies the text beside a button. Without scripts, or without https, the buttons stay hidden.

for (const button of document.querySelectorAll("[data-copy]")) {
  const text = button.parentElement.querySelector("code").textContent;
  const told = button.parentElement.querySelector("[role=status]");
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      told.textContent = told.dataset.copied;
    } catch {
      told.textContent = told.dataset.failed;
    }
  });
}

// Copies and prints recovery codes. Without scripts the buttons stay hidden; the download needs none.

const tools = document.querySelector("[data-codes]");

if (tools) {
  const [copy, print] = tools.querySelectorAll("button");
  const told = tools.querySelector("[role=status]");
  tools.hidden = false;
  print.addEventListener("click", () => window.print());
  copy.hidden = !navigator.clipboard; // Only where the page came over https.
  copy.addEventListener("click", async () => {
    const codes = [...document.querySelectorAll(".recovery code")].map((code) => code.textContent);
    try {
      await navigator.clipboard.writeText(codes.join("\n"));
      told.textContent = told.dataset.copied;
    } catch {
      told.textContent = told.dataset.failed;
    }
  });
}

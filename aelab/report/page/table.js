// Tables that are sorted by a click on a header: the best first, then the worst; blanks stay last.
function sortable(table) {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  const value = (line, i) => line.cells[i].dataset.value ?? line.cells[i].textContent;
  heads.forEach((head, i) => head.querySelector("button").addEventListener("click", () => {
    const first = head.dataset.better === "1" ? "descending" : "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const order = head.getAttribute("aria-sort") === first ? other : first;
    for (const one of heads) one.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const compare = (a, b) => isNumeric([a, b]) ? a - b : a.localeCompare(b, undefined, {numeric: true});
    body.append(...[...body.rows].sort((a, b) => {
      const [x, y] = [value(a, i), value(b, i)];
      return x === "" || y === "" ? (x === "") - (y === "") : sign * compare(x, y);
    }));
  }));
}

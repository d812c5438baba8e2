// Draws the page's charts, sorts and filters its table, and opens a trial where it is clicked on.
// Texts enter by textContent alone; Plotly's were escaped when the page was made.
"use strict";
(() => {
  const all = (what, within = document) => [...within.querySelectorAll(what)];
  const make = (tag, text, name) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (name) element.className = name;
    return element;
  };
  const block = (element) => JSON.parse(element.textContent);

  // What is open and sorted stays so when the page is loaded again, as one that follows a search is every few seconds.
  let kept = {};
  try {
    kept = JSON.parse(sessionStorage.getItem(location.pathname)) ?? {};
  } catch {}
  function keep(change) {
    Object.assign(kept, change);
    try {
      sessionStorage.setItem(location.pathname, JSON.stringify(kept));
    } catch {}
  }

  // Charts

  const style = () => {
    const own = getComputedStyle(document.documentElement);
    return (name) => own.getPropertyValue(name).trim();
  };

  function coloured(value, colour) {
    if (Array.isArray(value)) return value.map((item) => coloured(item, colour));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        key === "color" && typeof item === "string" && item.startsWith("--") ? colour(item) : coloured(item, colour),
      ]),
    );
  }

  function framed(layout, plot, colour) {
    const axis = { gridcolor: colour("--rule"), zerolinecolor: colour("--rule"), linecolor: colour("--soft"), automargin: true };
    const small = plot.closest(".small");
    return {
      font: { family: getComputedStyle(document.body).fontFamily, size: small ? 11 : 12, color: colour("--soft") },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      margin: { l: 8, r: 12, t: small ? 8 : 28, b: 8 },
      hovermode: "closest",
      hoverlabel: { bgcolor: colour("--paper"), bordercolor: colour("--soft"), font: { color: colour("--ink") }, align: "left" },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("--dot"), activecolor: colour("--line") },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
      ...layout,
      ...Object.fromEntries(
        Object.keys(layout)
          .filter((key) => /^[xy]axis/.test(key))
          .map((key) => [key, { ...axis, ...layout[key] }]),
      ),
    };
  }

  const drawn = new Set();

  function draw(plot) {
    const spec = block(plot.querySelector("script"));
    const colour = style();
    const config = { responsive: true, displaylogo: false, modeBarButtons: [["toImage", "resetScale2d"]] };
    const target = plot.querySelector(".plotted") ?? plot.appendChild(make("div", undefined, "plotted"));
    Plotly.react(target, coloured(spec.data, colour), framed(spec.layout, plot, colour), config);
    if (drawn.has(plot)) return;
    drawn.add(plot);
    target.on("plotly_click", (event) => {
      const number = event.points[0].customdata;
      if (number !== null && number !== undefined) open(number);
    });
  }

  const seen = new IntersectionObserver(
    (entries) => {
      for (const entry of entries.filter((one) => one.isIntersecting)) {
        seen.unobserve(entry.target);
        draw(entry.target);
      }
    },
    { rootMargin: "400px" },
  );
  const plots = all(".plot");
  plots.forEach((plot) => seen.observe(plot));
  addEventListener("beforeprint", () => plots.filter((plot) => !drawn.has(plot)).forEach(draw));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn.forEach(draw));

  // A trial

  const details = block(document.getElementById("details") ?? make("script", "{}"));
  const dialog = document.body.appendChild(make("dialog"));
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => keep({ open: null }));
  dialog.addEventListener("scroll", () => keep({ at: dialog.scrollTop }));

  function list(heads, rows) {
    const table = make("table");
    const head = table.createTHead().insertRow();
    heads.forEach((text) => head.appendChild(make("th", text)));
    const body = table.createTBody();
    for (const row of rows) {
      const line = body.insertRow();
      row.forEach((text) => line.appendChild(make("td", text)));
    }
    return table;
  }

  function open(number) {
    const told = details[number];
    const close = make("button", "close", "close");
    close.addEventListener("click", () => dialog.close());
    const parts = [close, make("h2", `Trial ${number}`)];
    if (!told) {
      parts.push(make("p", "This page lists the best trials alone; nas results has them all."));
    } else {
      if (told.error) parts.push(make("p", `failed: ${told.error}`));
      const from = make("p", told.from + (told.changes.length ? ":" : ""));
      const changes = make("ul");
      told.changes.forEach((text) => changes.appendChild(make("li", text)));
      parts.push(from, changes);
      const network = document.getElementById(`network-${number}`);
      if (network) parts.push(network.content.cloneNode(true));
      const both = make("div", undefined, "both");
      both.append(list(["", "measured"], told.facts), list(["choice", "answer"], told.answers));
      parts.push(both);
    }
    dialog.replaceChildren(...parts);
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    keep({ open: number, at: 0 });
  }

  for (const element of all("[data-trial]")) {
    element.tabIndex = 0;
    const show = () => getSelection().isCollapsed && open(element.dataset.trial);
    element.addEventListener("click", show);
    element.addEventListener("keydown", (event) => event.key === "Enter" && show());
  }

  // The table

  function value(cell) {
    const given = cell.dataset.value;
    if (given === undefined) return cell.textContent;
    return given === "" ? null : Number(given);
  }

  function sort(table, column, down) {
    const rows = [...table.tBodies[0].rows].map((row) => [value(row.cells[column]), row]);
    rows.sort(([one], [other]) => {
      if (one === null || other === null) return (one === null) - (other === null);
      const order = typeof one === "number" ? one - other : one.localeCompare(other);
      return down ? -order : order;
    });
    table.tBodies[0].append(...rows.map(([, row]) => row));
  }

  for (const table of all("table.numbers")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      head.tabIndex = 0;
      const turn = () => {
        const down = head.getAttribute("aria-sort") !== "descending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        sort(table, column, down);
        if (table.id) keep({ sort: [column, down] });
      };
      head.addEventListener("click", turn);
      head.addEventListener("keydown", (event) => event.key === "Enter" && turn());
    });
  }

  // Words that a row has to hold, and bounds such as parameters<50000.
  function test(heads, word) {
    const bound = word.match(/^([a-z_-]+)([<>])(-?[\d.]+(?:e-?\d+)?)$/i);
    if (!bound) return (row) => row.textContent.toLowerCase().includes(word);
    const [, name, sign, limit] = bound;
    const column = heads.findIndex((text) => text.includes(name));
    return (row) => {
      const given = column < 0 ? null : value(row.cells[column]);
      return typeof given === "number" && (sign === "<" ? given < Number(limit) : given > Number(limit));
    };
  }

  const table = document.getElementById("trials");
  if (table) {
    const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.toLowerCase());
    const field = make("input");
    const count = make("small");
    field.type = "search";
    field.placeholder = "filter: skip_connect parameters<50000";
    field.setAttribute("aria-label", "filter the trials");
    field.addEventListener("input", () => {
      const tests = field.value.toLowerCase().split(/\s+/).filter(Boolean).map((word) => test(heads, word));
      const rows = [...table.tBodies[0].rows];
      rows.forEach((row) => (row.hidden = !tests.every((holds) => holds(row))));
      count.textContent = tests.length ? `${rows.filter((row) => !row.hidden).length} of ${rows.length}` : "";
      keep({ filter: field.value });
    });
    const line = make("p");
    line.append(field, " ", count);
    table.closest(".scroll").before(line);
    if (kept.sort && heads[kept.sort[0]]) {
      const head = table.tHead.rows[0].cells[kept.sort[0]];
      if (!kept.sort[1]) head.click();
      head.click();
    }
    if (kept.filter) {
      field.value = kept.filter;
      field.dispatchEvent(new Event("input"));
    }
  }

  for (const command of all("pre.command")) {
    const text = command.textContent;
    const copy = make("button", "copy", "close");
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text);
      copy.textContent = "copied";
    });
    if (navigator.clipboard) command.before(copy);
  }

  if (kept.open !== null && kept.open !== undefined) {
    const { open: number, at } = kept;
    open(number);
    dialog.scrollTop = at;
  }
})();

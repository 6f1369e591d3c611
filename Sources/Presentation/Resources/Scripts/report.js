"use strict";
(() => {
  const root = document.documentElement;
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const hosts = [...document.querySelectorAll("[data-chart]")];
  if (typeof echarts === "undefined") {
    root.classList.add("no-charts");
    document.querySelectorAll("details.data").forEach((details) => { details.open = true; });
    return;
  }

  const token = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim();
  const fontFamily = getComputedStyle(document.body).fontFamily;
  const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const mix = (low, high, ratio) => {
    const [from, to] = [channels(low), channels(high)];
    return "rgb(" + from.map((value, i) => Math.round(value + (to[i] - value) * ratio)) + ")";
  };
  const luminance = (color) => {
    const parts = color.startsWith("#") ? channels(color) : color.match(/\d+/g).map(Number);
    const [red, green, blue] = parts.slice(0, 3).map((part) => {
      const ratio = part / 255;
      return ratio <= .04045 ? ratio / 12.92 : ((ratio + .055) / 1.055) ** 2.4;
    });
    return .2126 * red + .7152 * green + .0722 * blue;
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + .05) / (dark + .05);
  };
  // The ink that reads best on a fill.
  const inkOn = (fill) => {
    const inks = [token("heat-ink-low"), token("heat-ink-high")];
    return contrast(inks[0], fill) >= contrast(inks[1], fill) ? inks[0] : inks[1];
  };
  const plain = { symbol: "none" };
  const maximum = (values) => values.reduce((best, value) => Math.max(best, value), 0);

  const frame = (host, extra) => ({
    animation: false,
    textStyle: { fontFamily, color: token("ink"), fontSize: 13 },
    aria: {
      enabled: true,
      label: { description: host.getAttribute("aria-label") },
      decal: { show: true, decals: decals() },
    },
    ...extra,
  });
  const decals = () => {
    const color = token("paper") === "#ffffff" ? "rgba(255,255,255,.45)" : "rgba(0,0,0,.35)";
    return [
      { symbol: "none" },
      { color, dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: Math.PI / 4 },
      { color, symbol: "circle", dashArrayX: [[8, 8], [0, 8, 8, 0]], dashArrayY: [6, 0], symbolSize: .7 },
      { color, dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: -Math.PI / 4 },
    ];
  };
  // Lines of text, never markup: names come from catalogues and files.
  const tooltip = (lines) => ({
    confine: true,
    backgroundColor: token("paper"),
    borderColor: token("line-strong"),
    textStyle: { color: token("ink"), fontFamily, fontSize: 13 },
    formatter: (items) => {
      const box = document.createElement("div");
      for (const line of lines(items) ?? []) {
        const row = box.appendChild(document.createElement("div"));
        row.textContent = line;
        if (row === box.firstChild) row.style.fontWeight = "600";
      }
      return box;
    },
  });
  const axisText = () => ({ color: token("muted"), fontSize: 12 });
  const grid = (extra) => ({ left: 8, right: 16, top: 12, bottom: 8, containLabel: true, ...extra });
  const hairline = () => ({ lineStyle: { color: token("line") } });
  const percent = (value) => data.percent.replace("#", String(Math.round(value * 100)));

  const builders = {
    segments(host, chart, width) {
      const narrow = width < 560;
      const series = chart.series.map((serie, index) => ({
        name: serie.name,
        type: "bar",
        barMaxWidth: 16,
        barGap: "15%",
        itemStyle: { color: token(index ? "revenue" : "customers"), borderRadius: [0, 2, 2, 0] },
        label: { show: true, position: "right", color: token("ink"), fontSize: 12,
          formatter: (item) => serie.labels[item.dataIndex] },
        data: serie.values,
      }));
      return {
        height: 62 + chart.names.length * 52,
        option: frame(host, {
          legend: { top: 0, left: 0, textStyle: { color: token("ink") }, itemWidth: 18, selectedMode: false },
          grid: grid({ left: 16, top: 40, right: 64 }),
          tooltip: { trigger: "axis", axisPointer: { type: "shadow" },
            ...tooltip((items) => [chart.names[items[0].dataIndex], ...items.map((item) =>
              item.seriesName + " " + chart.series[item.seriesIndex].details[item.dataIndex])]) },
          xAxis: { type: "value", show: false, min: (range) => Math.min(0, range.min) },
          yAxis: { type: "category", inverse: true, data: chart.names, axisTick: { show: false },
            axisLine: hairline(), axisLabel: { color: token("ink"), fontSize: 13,
              ...(narrow ? { width: 104, overflow: "break" } : {}) } },
          series,
        }),
      };
    },

    grid(host, chart, width, choice) {
      const wide = width >= 640;
      const values = chart.cells.map((cell) => (choice === "revenue" ? cell.revenue : cell.customers));
      const top = maximum(values) || 1;
      const height = wide ? 440 : 370;
      return {
        height,
        option: frame(host, {
          grid: grid({ left: wide ? 30 : 26, bottom: wide ? 34 : 56, right: 8 }),
          tooltip: tooltip((item) => chart.cells[item.dataIndex].details),
          xAxis: { type: "category", data: chart.columns, name: chart.columnsTitle + (wide ? " " : "\n") + chart.columnsScale,
            nameLocation: "middle", nameGap: wide ? 30 : 34, nameTextStyle: axisText(),
            axisTick: { show: false }, axisLine: { show: false }, axisLabel: axisText() },
          yAxis: { type: "category", data: chart.rows, name: chart.rowsTitle, nameLocation: "middle",
            nameGap: 24, nameTextStyle: axisText(), axisTick: { show: false }, axisLine: { show: false },
            axisLabel: axisText() },
          series: [{
            type: "heatmap",
            itemStyle: { borderColor: token("paper"), borderWidth: 2 },
            emphasis: { itemStyle: { borderColor: token("ink") } },
            label: { show: true, fontSize: wide ? 14 : 12, lineHeight: wide ? 19 : 14, align: "center",
              formatter: (item) => {
                const cell = chart.cells[item.dataIndex];
                const figure = choice === "revenue" ? cell.revenueLabel : cell.customersLabel;
                return wide ? "{name|" + cell.group + "}\n" + figure : figure;
              },
              rich: { name: { fontSize: 12, lineHeight: 19, align: "center" } } },
            data: chart.cells.map((cell, index) => {
              const color = mix(token("heat-low"), token("heat-high"), Math.max(0, values[index]) / top);
              const ink = inkOn(color);
              return { value: [cell.column, cell.row, values[index]], itemStyle: { color, decal: plain },
                label: { color: ink, rich: { name: { color: ink } } } };
            }),
          }],
        }),
      };
    },

    concentration(host, chart, width) {
      const line = token("revenue");
      return {
        height: Math.min(420, Math.max(300, width * .5)),
        option: frame(host, {
          grid: grid({ top: 24, right: 24, bottom: 34, left: 26 }),
          tooltip: { trigger: "axis", axisPointer: { type: "line", lineStyle: { color: token("line-strong") } },
            ...tooltip((items) => [chart.details[Math.round(items[0].axisValue * 100)]]) },
          xAxis: { type: "value", min: 0, max: 1, name: chart.columnsTitle, nameLocation: "middle", nameGap: 28,
            nameTextStyle: axisText(), axisLabel: { ...axisText(), formatter: percent }, splitLine: { show: false },
            axisLine: hairline(), interval: .2 },
          yAxis: { type: "value", min: 0, max: 1, name: chart.rowsTitle, nameLocation: "middle", nameGap: 46,
            nameTextStyle: axisText(), axisLabel: { ...axisText(), formatter: percent }, splitLine: hairline(), interval: .2 },
          series: [
            { type: "line", showSymbol: false, data: chart.shares.map((share, i) => [i / 100, share]),
              lineStyle: { color: line, width: 2.5 }, itemStyle: { color: line, decal: plain }, areaStyle: { color: line, opacity: .1 },
              markPoint: { symbol: "circle", symbolSize: 11, itemStyle: { color: line, borderColor: token("paper"), borderWidth: 2 },
                label: { show: true, position: "bottom", align: "left", offset: [4, 2], distance: 8, color: token("ink"), fontWeight: 600, fontSize: 13,
                  formatter: (item) => chart.marks[item.dataIndex].label },
                data: chart.marks.map((mark) => ({ coord: [mark.x, mark.y] })) } },
            { type: "line", showSymbol: false, silent: true, data: [[0, 0], [1, 1]],
              lineStyle: { color: token("muted"), width: 1.5, type: [6, 6] }, itemStyle: { color: token("muted") },
              endLabel: { show: false },
              markPoint: { symbol: "circle", symbolSize: 0, label: { show: true, position: "right", color: token("muted"), fontSize: 12,
                  formatter: () => chart.equality, offset: [6, 12] }, data: [{ coord: [.4, .4] }] } },
          ],
        }),
      };
    },

    lifecycle(host, chart, width) {
      const narrow = width < 560;
      return {
        height: 24 + chart.names.length * 38,
        option: frame(host, {
          grid: grid({ left: 16, right: narrow ? 84 : 120 }),
          tooltip: tooltip((item) => chart.details[item.dataIndex]),
          xAxis: { type: "value", show: false, min: (range) => Math.min(0, range.min) },
          yAxis: { type: "category", inverse: true, data: chart.names, axisTick: { show: false }, axisLine: hairline(),
            axisLabel: { color: token("ink"), fontSize: 13, ...(narrow ? { width: 96, overflow: "break" } : {}) } },
          series: [{ type: "bar", barMaxWidth: 20,
            itemStyle: { borderRadius: [0, 2, 2, 0], decal: plain },
            label: { show: true, position: "right", color: token("ink"), fontSize: 12,
              formatter: (item) => chart.labels[item.dataIndex] },
            data: chart.values.map((value, i) => ({ value, itemStyle: { color: token(chart.tones[i]) } })) }],
        }),
      };
    },

    cohorts(host, chart, width) {
      const cell = 40;
      const minimum = 150 + chart.columns.length * cell;
      return {
        minimum,
        height: 50 + chart.rows.length * 30,
        option: frame(host, {
          grid: grid({ left: 14, top: 26, right: 8, bottom: 4 }),
          tooltip: tooltip((item) => chart.cells[item.dataIndex].details),
          xAxis: { type: "category", position: "top", data: chart.columns, axisTick: { show: false },
            axisLine: { show: false }, axisLabel: { ...axisText(), interval: 0 } },
          yAxis: { type: "category", inverse: true, data: chart.rows, axisTick: { show: false }, axisLine: { show: false },
            axisLabel: { ...axisText(), color: token("ink") } },
          series: [{
            type: "heatmap",
            itemStyle: { borderColor: token("paper"), borderWidth: 1.5 },
            emphasis: { itemStyle: { borderColor: token("ink") } },
            label: { show: true, fontSize: 11.5, formatter: (item) => chart.cells[item.dataIndex].label },
            data: chart.cells.map((one) => {
              const color = mix(token("heat-low"), token("heat-high"), one.share / (chart.top || 1));
              return { value: [one.column, one.row, one.share], itemStyle: { color, decal: plain },
                label: { color: inkOn(color) } };
            }),
          }],
        }),
      };
    },

    value(host, chart, width) {
      return builders.segments(host, chart, width);
    },

    groups(host, chart, width) {
      const narrow = width < 640;
      const symbols = ["circle", "triangle", "diamond", "rect", "roundRect"];
      const label = (group) => (narrow ? group.short : group.name);
      const letters = chart.groups.reduce((sum, group) => sum + label(group).length * 7.2 + 40, 0);
      const legendRows = Math.ceil(letters / Math.max(1, width - 16)) + (narrow ? 0 : 1);
      const top = legendRows * 24 + 12;
      const axis = (title, gap) => ({ type: "value", name: title, nameLocation: "middle", nameGap: gap,
        nameTextStyle: { ...axisText(), width: narrow ? width - 80 : 520, overflow: "break" },
        axisLabel: { show: false }, axisTick: { show: false }, axisLine: hairline(), splitLine: hairline(), scale: true });
      return {
        height: top + Math.min(480, Math.max(320, width * .5)),
        option: frame(host, {
          legend: { top: 0, left: 0, textStyle: { color: token("ink") }, itemWidth: 12, itemHeight: 12,
            data: chart.groups.map(label) },
          grid: grid({ top, left: 26, bottom: 40, right: 12 }),
          tooltip: tooltip((item) => chart.groups[item.seriesIndex].details),
          xAxis: axis(chart.columnsTitle, 14),
          yAxis: { ...axis(chart.rowsTitle, 12), nameTextStyle: { ...axisText(), width: 300, overflow: "break" } },
          series: chart.groups.map((group, index) => ({
            name: label(group), type: "scatter", symbol: symbols[index % symbols.length], symbolSize: narrow ? 5 : 7,
            itemStyle: { color: token(group.tone), opacity: .6, decal: plain }, data: group.points,
          })),
        }),
      };
    },

    migration(host, chart, width) {
      const narrow = width < 560;
      const side = narrow ? 96 : Math.min(230, width * .29);
      return {
        height: Math.max(360, 60 + chart.nodes.length * 27),
        option: frame(host, {
          tooltip: { trigger: "item", ...tooltip((item) =>
            item.dataType === "edge" ? chart.links[item.dataIndex].details : chart.nodes[item.dataIndex].details) },
          series: [{
            type: "sankey", left: side, right: side, top: 34, bottom: 8, nodeWidth: 14, nodeGap: 14,
            draggable: false, layoutIterations: 0, emphasis: { focus: "adjacency" },
            data: chart.nodes.map((node) => ({ name: node.id, depth: node.depth,
              itemStyle: { color: token(node.tone), borderWidth: 0, decal: plain },
              label: { position: node.depth ? "right" : "left" } })),
            links: chart.links.map((link) => ({ source: link.source, target: link.target, value: link.value,
              lineStyle: { color: token(link.tone), opacity: .38 } })),
            label: { color: token("ink"), fontSize: narrow ? 11 : width < 800 ? 12 : 13, width: side - 12,
              overflow: narrow ? "break" : "none", formatter: (item) => {
                const node = chart.nodes[item.dataIndex];
                return node.label + (narrow ? "\n" : "  ") + node.count;
              } },
          }],
          graphic: [
            { type: "text", left: 0, top: 0, style: { text: chart.before, fill: token("muted"), font: "600 12px " + fontFamily } },
            { type: "text", right: 0, top: 0, style: { text: chart.after, fill: token("muted"), font: "600 12px " + fontFamily } },
          ],
        }),
      };
    },
  };

  const charts = new Map();
  const draw = (host, width) => {
    const id = host.dataset.chart;
    const choice = host.closest("figure").querySelector("input:checked")?.value;
    const built = builders[id](host, data[id], width ?? host.clientWidth, choice);
    host.style.minWidth = width ? "" : (built.minimum ?? 0) + "px";
    host.style.height = built.height + "px";
    let chart = charts.get(host);
    if (!chart) {
      chart = echarts.init(host, null, { renderer: "svg" });
      charts.set(host, chart);
    }
    chart.resize({ width: width ?? "auto", height: built.height });
    chart.setOption(built.option, { notMerge: true });
    chart.getZr().flush();
    // A chart wider than its frame is scrolled by keyboard too.
    const frameOf = host.parentElement;
    if (frameOf.scrollWidth > frameOf.clientWidth) frameOf.tabIndex = 0;
    else frameOf.removeAttribute("tabindex");
  };
  const drawAll = (width) => hosts.forEach((host) => draw(host, width));

  drawAll();
  root.classList.add("charts-ready");
  document.addEventListener("change", (event) => {
    const host = event.target.closest("figure")?.querySelector("[data-chart]");
    if (host) draw(host);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll());
  let pending = 0;
  addEventListener("resize", () => {
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(() => drawAll());
  });

  // Paper: light, A4's width, every table open.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((details) => { details.open = true; });
    root.classList.add("printing");
    drawAll(668);
  });
  addEventListener("afterprint", () => {
    opened.forEach((details) => { details.open = false; });
    root.classList.remove("printing");
    drawAll();
  });
})();

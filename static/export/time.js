/** The bar at the bottom while a layer with several times is on; and the page on paper. */
(function () {
  "use strict";
  const weige = window.weige;
  const { node } = weige;
  const STEP_MS = 900;

  weige.timeBar = function (map, panel, words) {
    const bar = document.getElementById("wx-time");
    const slider = node("input", { type: "range", min: 0, step: 1, "aria-label": words.month, id: "wx-slider" });
    const label = node("output", { class: "wx-when", for: "wx-slider" });
    const bars = node("div", { class: "wx-bars", "aria-hidden": "true" });
    const play = node("button", { type: "button", class: "wx-play", "aria-label": words.play }, "▶");
    const whole = node("button", { type: "button", class: "wx-whole" }, words.whole);
    bar.append(play, node("div", { class: "wx-track" }, bars, slider), label, whole);
    let layer = null;
    let timer = null;

    const stop = () => {
      clearInterval(timer);
      timer = null;
      play.textContent = "▶";
      play.setAttribute("aria-label", words.play);
    };
    const show = (number) => {
      layer.show(number);
      const frame = layer.frames[number];
      // Frame 0 is the whole period; the slider has the months.
      const isWhole = number === 0;
      if (!isWhole) slider.value = number - 1;
      slider.setAttribute("aria-valuetext", frame.label);
      bar.classList.toggle("wx-is-whole", isWhole);
      whole.setAttribute("aria-pressed", String(isWhole));
      label.textContent = weige.say(words.frame, { label: frame.label, n: frame.told });
      [...bars.children].forEach((one, k) => one.classList.toggle("wx-now", k === number - 1));
    };
    slider.addEventListener("input", () => { stop(); show(Number(slider.value) + 1); });
    whole.addEventListener("click", () => { stop(); show(0); });
    play.addEventListener("click", () => {
      if (timer) return stop();
      const last = layer.frames.length - 1;
      if (layer.now === 0 || layer.now === last) show(1);
      play.textContent = "❚❚";
      play.setAttribute("aria-label", words.pause);
      timer = setInterval(() => (layer.now < last ? show(layer.now + 1) : stop()), STEP_MS);
    });
    const choose = () => {
      const theme = panel.theme;
      const next = theme && theme.layer.frames && theme.layer.frames.length > 1 ? theme.layer : null;
      document.body.classList.toggle("wx-timed", Boolean(next));
      bar.hidden = !next;
      if (next === layer) return;
      stop();
      layer = next;
      if (!layer) return;
      const frames = layer.frames.slice(1);
      const most = Math.max(1, ...frames.map((frame) => frame.weight || 0));
      bars.replaceChildren(...frames.map((frame) => {
        const made = node("i", { title: weige.say(words.frame, { label: frame.label, n: frame.told }) });
        // What is held back is a stub, so that it is not taken for nothing.
        made.classList.toggle("wx-few", frame.weight === null);
        if (frame.weight !== null) made.style.height = `${Math.round((100 * frame.weight) / most)}%`;
        return made;
      }));
      slider.max = frames.length - 1;
      show(layer.now);
    };
    map.on("wx-layers", choose);
    choose();
  };

  /** Room that title, panel and bars take on the map, for fitting a place into the rest. */
  weige.room = function () {
    const panel = document.getElementById("wx-panel");
    if (document.documentElement.classList.contains("wx-picture")) {
      return { paddingTopLeft: [20, 20], paddingBottomRight: [panel.offsetWidth, 20] };
    }
    const wide = window.innerWidth > 760 && !document.body.classList.contains("wx-folded");
    const bottom = document.body.classList.contains("wx-timed") ? 80 : 56;
    return { paddingTopLeft: [24, 84], paddingBottomRight: [(wide ? panel.offsetWidth : 0) + 24, bottom] };
  };

  /**
   * Bring shapes into view, in the room that is left, and not below the title.
   * @param {L.Map} map @param {L.LatLngBounds} bounds @param {any} options of fitBounds
   * @param {any} lines @param {number[][][]} shapes rings of each, see weige.traceRings
   */
  weige.fit = function (map, bounds, options, lines, shapes) {
    const room = weige.room();
    const show = (more) => map.fitBounds(bounds, { ...room, ...more, ...options, animate: false });
    show({});
    const head = document.getElementById("wx-head");
    if (document.documentElement.classList.contains("wx-picture") || !head) return;
    const [right, bottom] = [head.offsetLeft + head.offsetWidth + 8, head.offsetTop + head.offsetHeight + 8];
    const corner = weige.spot(map.containerPointToLatLng([right, bottom]));
    const hidden = (line) => {
      for (let p = 2 * lines.starts[line]; p < 2 * lines.starts[line + 1]; p += 2) {
        if (lines.points[p] < corner.x && lines.points[p + 1] < corner.y) return true;
      }
      return false;
    };
    if (!shapes.some((rings) => rings.some((ring) => ring.some((line) => hidden(line < 0 ? ~line : line))))) return;
    // Below the title or beside it, where there is more room.
    const [left, top] = room.paddingTopLeft;
    const [below, beside] = [[left, Math.max(top, bottom)], [Math.max(left, right), top]];
    const zoom = (padding) => map.getBoundsZoom(bounds, false, L.point(padding).add(room.paddingBottomRight));
    show({ paddingTopLeft: zoom(beside) > zoom(below) ? beside : below });
  };

  /** For a picture: without what only hands can use. */
  if (window.location.hash === "#picture") document.documentElement.classList.add("wx-picture");

  /** On paper the map has its own size: fitted before printing, and back after it. */
  weige.printing = function (map) {
    let before = null;
    window.addEventListener("beforeprint", () => {
      before = [map.getCenter(), map.getZoom()];
      // What was to be seen beside the panel is what is to be seen on paper.
      const { paddingTopLeft, paddingBottomRight } = weige.room();
      const size = map.getSize();
      const seen = L.latLngBounds(
        map.containerPointToLatLng(paddingTopLeft),
        map.containerPointToLatLng([size.x - paddingBottomRight[0], size.y - paddingBottomRight[1]]));
      document.body.classList.add("wx-printing");
      map.invalidateSize({ animate: false, pan: false });
      map.setView(seen.getCenter(), map.getBoundsZoom(seen), { animate: false });
    });
    window.addEventListener("afterprint", () => {
      document.body.classList.remove("wx-printing");
      map.invalidateSize({ animate: false, pan: false });
      if (before) map.setView(before[0], before[1], { animate: false });
      before = null;
    });
  };
})();

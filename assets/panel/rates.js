// rates.js - messages a second and a source over the last ten minutes, and how each source was: what plots draw.

const STEPS = 120, WORST = "fwcslo";

// The letter of a source's state, as the relay writes it.
export const letterOf = (source) => ({ live: source.silent_since_ms ? "s" : "l", connecting: "c", waiting: "w", failed: "f" })[source.state] ?? "o";

export class Rates {
  stepMs = 5000;
  #series = new Map(); #passed = 0;

  // The snapshot's. Nothing: none were kept.
  load(rates) {
    this.#series.clear();
    this.#passed = 0;
    this.stepMs = rates?.step_ms ?? this.stepMs;
    for (const [id, { counts, states }] of Object.entries(rates?.sources ?? {})) this.#series.set(id, { counts: [...counts], states: [...states], now: 0, state: "", second: 0 });
  }

  // A second is over. sources: id → source, for their states.
  add({ sources: counts = {} }, sources) {
    for (const id of new Set([...Object.keys(counts), ...sources.keys()])) {
      const series = this.#of(id), letter = sources.has(id) ? letterOf(sources.get(id)) : "o";
      series.second = counts[id] ?? 0;
      series.now += series.second;
      if (!series.state || WORST.indexOf(letter) < WORST.indexOf(series.state)) series.state = letter;
    }
    if (++this.#passed * 1000 >= this.stepMs) this.#endStep();
  }

  // {counts: a second, oldest first, states: letters, second: of the last second}.
  of(id) {
    const series = this.#series.get(id);
    return series ? { perSecond: series.counts.map((count) => count * 1000 / this.stepMs), states: series.states, second: series.second } : { perSecond: [], states: [], second: 0 };
  }

  #of(id) {
    if (!this.#series.has(id)) this.#series.set(id, { counts: [], states: [], now: 0, state: "", second: 0 });
    return this.#series.get(id);
  }

  #endStep() {
    this.#passed = 0;
    for (const series of this.#series.values()) {
      series.counts.push(series.now);
      series.states.push(series.state || "o");
      series.counts.splice(0, series.counts.length - STEPS);
      series.states.splice(0, series.states.length - STEPS);
      series.now = 0;
      series.state = "";
    }
  }
}

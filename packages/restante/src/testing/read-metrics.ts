/** The metrics of an office, by series: name and labels as they stand in the text (Prometheus' exposition format 0.0.4). */
export async function readMetrics(health: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${health}/metrics`)).text();
  const series = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, name, value] = /^([a-z_:][\w:]*(?:\{.*\})?) (\S+)$/i.exec(line) ?? [];
    if (name === undefined || series.has(name)) throw new Error(`no line of a metric, or twice: ${line}`);
    series.set(name, Number(value));
  }
  return series;
}

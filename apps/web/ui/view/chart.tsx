import { useEffect, useRef, useState } from 'preact/hooks';
import { formatNumber, unitText } from '../model/format.js';
import type { Point } from '../model/spark.js';
import { history } from '../state/live.js';
import { theme } from '../state/theme.js';

interface Plot {
  setData(data: [number[], number[]]): void;
  setSize(size: { width: number; height: number }): void;
  destroy(): void;
}

const HEIGHT = 280;

const columns = (points: readonly Point[]): [number[], number[]] => [
  points.map(([at]) => at / 1000),
  points.map(([, value]) => value),
];

/** The last hour of a value, to be read off; what draws it is loaded when it is needed. */
export function Chart({
  id,
  title,
  unit,
}: {
  readonly id: string;
  readonly title: string;
  readonly unit?: string | undefined;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | undefined>(undefined);
  const [failed, setFailed] = useState(false);
  const points = history(id).value;
  const latest = useRef(points);
  latest.current = points;
  const look = theme.value;
  useEffect(() => {
    let wanted = true;
    let observer: ResizeObserver | undefined;
    import('./plot.js').then(
      ({ draw }) => {
        if (!wanted) return;
        const box = frame.current!;
        const drawn = draw(box, { title, unit, height: HEIGHT, data: columns(latest.current) });
        plot.current = drawn;
        observer = new ResizeObserver(() => drawn.setSize({ width: box.clientWidth, height: HEIGHT }));
        observer.observe(box);
      },
      () => setFailed(true),
    );
    return () => {
      wanted = false;
      observer?.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [id, look]);
  useEffect(() => plot.current?.setData(columns(points)), [points]);
  const values = points.map(([, value]) => value);
  const text =
    values.length === 0
      ? `${title}: nothing is known of the last hour yet`
      : `${title} in the last hour: ${formatNumber(Math.min(...values))} to ${formatNumber(Math.max(...values))}${unitText(unit)}`;
  return (
    <>
      <div class="chart" ref={frame} role="img" aria-label={text} />
      {failed && <p class="note mistake">The chart could not be loaded.</p>}
      {values.length === 0 && (
        <p class="note">Nothing is known of the last hour yet; it fills while the home runs.</p>
      )}
    </>
  );
}

import { useEffect, useRef, useState } from 'preact/hooks';
import { formatNumber, unitText } from '../model/format.js';
import { spark } from '../model/spark.js';
import { history } from '../state/live.js';
import { seconds } from '../state/time.js';

const WIDTH = 240;
const HEIGHT = 44;

/** The last hour of a value in small; asked for when it comes into sight. */
export function Sparkline(props: {
  readonly id: string;
  readonly title: string;
  readonly unit?: string | undefined;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver((found) => setSeen(found.some((of) => of.isIntersecting)), {
      rootMargin: '100px',
    });
    observer.observe(frame.current!);
    return () => observer.disconnect();
  }, []);
  return (
    <div class="spark" ref={frame}>
      {seen && <Line {...props} />}
    </div>
  );
}

function Line({
  id,
  title,
  unit,
}: {
  readonly id: string;
  readonly title: string;
  readonly unit?: string | undefined;
}) {
  const points = history(id).value;
  const drawn = spark(points, Math.max(seconds.value, points.at(-1)?.[0] ?? 0), WIDTH, HEIGHT);
  if (drawn === undefined) return null;
  const range = `${formatNumber(drawn.low)} to ${formatNumber(drawn.high)}${unitText(unit)}`;
  return (
    <>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title} in the last hour: ${range}`}
      >
        <path class="spark-area" d={drawn.area} />
        <path class="spark-line" d={drawn.line} />
      </svg>
      <span class="spark-range" aria-hidden="true">
        {range}
      </span>
    </>
  );
}

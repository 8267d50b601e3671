import { signal } from '@preact/signals';

/** The page is an edge of the program: here, and nowhere else in it, is the machine's time. */
export const wallNow = (): number => Date.now();

/** Runs a task after a time. @returns what cancels it */
export function after(ms: number, task: () => void): () => void {
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
}

/** The time by the second, for ages. */
export const seconds = signal(wallNow());

/** Keeps {@link seconds} going while the page can be seen. */
export function startSeconds(): void {
  const tick = (): void => {
    if (!document.hidden) seconds.value = wallNow();
    after(1000 - (wallNow() % 1000), tick);
  };
  tick();
  document.addEventListener('visibilitychange', () => (seconds.value = wallNow()));
}

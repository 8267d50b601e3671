import { Workshop } from './workshop.ts';

/** Jest calls it once, after all specs. */
export default function teardown(): void {
  Workshop.current().close();
}

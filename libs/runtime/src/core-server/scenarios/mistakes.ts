import { parseScenario, ScenarioError, type ScenarioMistake } from '@raspy/automation';
import { InlineEngine } from '@raspy/automation/sandbox';

/** What is wrong with the JSON form of a scenario, and with its code; nothing when it could be added. */
export async function mistakesInScenario(json: unknown): Promise<readonly ScenarioMistake[]> {
  const engine = new InlineEngine();
  try {
    const { code } = parseScenario(json);
    const mistakes = await engine.check(code);
    return mistakes.map(({ line, column, message }) => ({
      path: 'code',
      message: `line ${line}, column ${column}: ${message}`,
    }));
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    const { mistakes = [{ path: '', message: error.message }] } = error as {
      readonly mistakes?: readonly ScenarioMistake[];
    };
    return mistakes;
  } finally {
    await engine.close();
  }
}

import { crashPostgres } from '../../tools/services/postgres/crash-postgres.ts';
import { expectRecovery, expectUnavailable } from '../support/lead-answers.ts';
import { openStage } from '../support/lead-scene.ts';

const stage = openStage();

afterAll(() => stage.close());

it('goes on while PostgreSQL crashes and starts again under load, and answers truly throughout', async () => {
  const here = await stage.open();
  here.owner.on('error', () => {});
  const postgres = await stage.postgres;
  for (let crash = 0; crash < 3; crash += 1) {
    const before = Array.from({ length: 20 }, here.send);
    const crashing = crashPostgres(postgres);
    const during = Array.from({ length: 20 }, here.send);
    await crashing;
    for (const answered of await Promise.all([...before, ...during])) {
      if (answered.status !== 204) expectUnavailable(answered, /./);
    }
    await expectRecovery(here);
  }
});

import { crashPostgres } from '../../tools/services/postgres/postgres.ts';
import { expectRecovery, expectUnavailable } from '../support/lead-answers.ts';
import { startLeadSystems } from '../support/lead-system.ts';

const systems = startLeadSystems();

afterAll(() => systems.close());

it('goes on while PostgreSQL crashes and starts again under load, and answers truly throughout', async () => {
  const here = await systems.open();
  here.owner.on('error', () => {});
  const postgres = await systems.postgres;
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

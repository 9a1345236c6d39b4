// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type Choice, chooseKind, type LocalKind, type Probes } from './choice.js';
import { InfrastructureError } from './errors.js';

const nothingGiven = { broker: false, database: false };
const noDocker = new InfrastructureError('docker_unavailable', 'the Docker engine does not answer');
const noJava = new InfrastructureError('java_missing', 'Java is missing');

function machine(missing: Partial<Record<LocalKind, InfrastructureError>>): { probes: Probes; asked: LocalKind[] } {
  const asked: LocalKind[] = [];
  const probe = (kind: LocalKind) => async () => {
    asked.push(kind);
    const refusal = missing[kind];
    if (refusal) throw refusal;
  };
  return { probes: { docker: probe('docker'), java: probe('java') }, asked };
}

const choose = (choice: Partial<Choice>, { probes }: { probes: Probes }, log: string[] = []): Promise<string> =>
  chooseKind({ mode: 'auto', given: nothingGiven, ...choice }, probes, (line) => log.push(line));

describe('the order of choice', () => {
  it('takes given addresses without asking for Docker or Java', async () => {
    const here = machine({});
    await expect(choose({ given: { broker: true, database: true }, mode: 'java' }, here)).resolves.toBe('external');
    expect(here.asked).toEqual([]);
  });

  it('prefers Docker to Java, and does not ask for Java then', async () => {
    const here = machine({});
    await expect(choose({}, here)).resolves.toBe('docker');
    expect(here.asked).toEqual(['docker']);
  });

  it('falls to Java when Docker cannot be used', async () => {
    await expect(choose({}, machine({ docker: noDocker }))).resolves.toBe('java');
  });

  it('starts only what was not given', async () => {
    await expect(choose({ given: { broker: false, database: true } }, machine({ docker: noDocker }))).resolves.toBe('java');
  });

  it('stays with Java for a data folder that holds data of Java, though Docker has come up since', async () => {
    const here = machine({});
    await expect(choose({ previous: 'java' }, here)).resolves.toBe('java');
    expect(here.asked).toEqual(['java']);
  });

  it('says so when the data of the data folder is out of reach', async () => {
    const log: string[] = [];
    await expect(choose({ previous: 'docker' }, machine({ docker: noDocker }), log)).resolves.toBe('java');
    expect(log).toEqual([expect.stringContaining('was used with docker')]);
  });

  it('never silently takes another way than the one asked for', async () => {
    const here = machine({ docker: noDocker });
    await expect(choose({ mode: 'docker' }, here)).rejects.toMatchObject({ code: 'docker_unavailable', message: expect.stringContaining('NERVUS_INFRA=java') });
    expect(here.asked).toEqual(['docker']);
    await expect(choose({ mode: 'java' }, machine({ java: noJava }))).rejects.toBe(noJava);
  });

  it('names what is not set when external infrastructure was asked for', async () => {
    await expect(choose({ mode: 'external' }, machine({}))).rejects.toMatchObject({ code: 'external_incomplete', message: expect.stringContaining('KAFKA_BROKERS and MONGODB_URI are not set') });
    await expect(choose({ mode: 'external', given: { broker: true, database: false } }, machine({}))).rejects.toMatchObject({ details: { missing: ['MONGODB_URI'] } });
  });

  it('tells in one message what to install, and why each way failed', async () => {
    const refusal = await choose({}, machine({ docker: noDocker, java: noJava })).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'nothing_to_start_with' });
    for (const part of ['JDK', 'Maven', 'Docker', 'KAFKA_BROKERS', 'MONGODB_URI', 'Java is missing', 'does not answer']) expect(String(refusal)).toContain(part);
  });

  it('does not go on to Java when the start was given up while Docker was pulling', async () => {
    const here = machine({ docker: new InfrastructureError('aborted', 'The start was given up') });
    await expect(choose({}, here)).rejects.toMatchObject({ code: 'aborted' });
    expect(here.asked).toEqual(['docker']);
  });

  describe('for what only Java can start', () => {
    const onlyJava = '3 brokers';

    it('takes Java, though Docker is there', async () => {
      const here = machine({});
      await expect(choose({ onlyJava }, here)).resolves.toBe('java');
      expect(here.asked).toEqual(['java']);
    });

    it('refuses Docker and external infrastructure in one sentence, rather than start something less', async () => {
      for (const mode of ['docker', 'external'] as const) await expect(choose({ onlyJava, mode }, machine({}))).rejects.toMatchObject({ code: 'profile_unsupported', message: `NERVUS_INFRA is ${mode}, but 3 brokers can only be started with Java: set it to java, or start a single plain broker` });
      await expect(choose({ onlyJava, given: { broker: true, database: false } }, machine({}))).rejects.toMatchObject({ code: 'profile_unsupported', message: expect.stringContaining('KAFKA_BROKERS names') });
    });

    it('says what Java lacks, and that Docker is no way out', async () => {
      await expect(choose({ onlyJava }, machine({ java: noJava }))).rejects.toMatchObject({ code: 'java_missing', message: expect.stringMatching(/^Java is missing\. Docker is no way out/) });
    });
  });
});

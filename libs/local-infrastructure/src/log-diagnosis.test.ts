// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { explainEnding, explainSlowness, lastLines } from './log-diagnosis.js';

const ending = (log: string): Parameters<typeof explainEnding>[0] => ({ server: 'broker', how: 'exit code 1', log, logPlace: '.nervus/data/logs/broker.log' });

describe('why a server ended', () => {
  it.each([
    'java.io.IOException: No space left on device',
    'ERROR Error while writing to checkpoint file\njava.io.IOException: No space left on device\n\tat java.base/sun.nio.ch.FileDispatcherImpl.write0(Native Method)',
    'Error: ENOSPC: write',
  ])('finds the full disk in %j', (log) => {
    expect(explainEnding(ending(log), true).code).toBe('disk_full');
    expect(explainEnding(ending(log), false).code).toBe('disk_full');
  });

  it.each(['java.net.BindException: Address already in use', 'Bind for 127.0.0.1:19092 failed: port is already allocated'])('finds the taken port in %j', (log) => expect(explainEnding(ending(log), true).code).toBe('port_taken'));

  it.each(['Error occurred during initialization of VM\nCould not reserve enough space for 393216KB object heap', '# There is insufficient memory for the Java Runtime Environment to continue.', 'java.lang.OutOfMemoryError: Java heap space'])('finds the lack of memory in %j', (log) => {
    expect(explainEnding(ending(log), true)).toMatchObject({ code: 'memory_low', message: expect.stringContaining('too little memory') });
  });

  it('does not take an address in an old line for the reason that a running server ended', () => expect(explainEnding(ending('Address already in use'), false).code).toBe('ended_unexpectedly'));

  it('shows the end of the log and where the whole of it is', () => {
    const error = explainEnding(ending('WARN first\nERROR Exiting Kafka due to fatal exception\n'), true);
    expect(error).toMatchObject({ code: 'start_failed', details: { how: 'exit code 1' } });
    expect(error.message).toContain('ERROR Exiting Kafka due to fatal exception');
    expect(error.message).toContain('.nervus/data/logs/broker.log');
  });

  it('says of a slow server how long it was waited for and what the last attempt ran into', () => {
    const error = explainSlowness('database', '', 'database.log', 60_000, 'nothing listens on port 27117');
    expect(error).toMatchObject({ code: 'not_ready', retryable: true });
    expect(error.message).toMatch(/within 60 s \(nothing listens on port 27117\).*\(it wrote nothing\)/s);
  });

  it('leaves out stack frames, which hide what matters', () => {
    expect(lastLines('one\nException: two\n\tat a.b.C(D.java:1)\n\t... 7 more\nthree\n', 2)).toBe('Exception: two\nthree');
  });
});

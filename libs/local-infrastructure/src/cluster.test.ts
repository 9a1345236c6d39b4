// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { brokerProperties } from './broker-properties.js';
import { brokerNames, neededPorts, nodesOn, replicationOf } from './cluster.js';

const first = { broker: 9000, controller: 9001, database: 9100 };
const nodes = nodesOn(brokerNames(3), neededPorts(brokerNames(3), first));

describe('three brokers', () => {
  it('take ports that do not overlap, and only those that are needed', () => {
    expect(neededPorts([...brokerNames(3), 'database'], first)).toEqual({ 'broker': 9000, 'controller': 9001, 'broker-2': 9002, 'controller-2': 9003, 'broker-3': 9004, 'controller-3': 9005, 'database': 9100 });
    expect(neededPorts(brokerNames(1), first)).toEqual({ broker: 9000, controller: 9001 });
  });

  it('all know the same voters, and differ in id and ports', () => {
    const [one, , three] = nodes.map((node) => brokerProperties({ node, nodes, bind: '127.0.0.1', logDirs: 'data', overrides: {} }));
    expect(three).toMatchObject({ 'node.id': '3', 'listeners': 'PLAINTEXT://127.0.0.1:9004,CONTROLLER://127.0.0.1:9005', 'controller.quorum.voters': '1@127.0.0.1:9001,2@127.0.0.1:9003,3@127.0.0.1:9005' });
    expect(one?.['controller.quorum.voters']).toBe(three?.['controller.quorum.voters']);
  });

  it('keep every topic of Kafka itself on all three, two of which must have a write', () => {
    const [node] = nodes;
    const properties = brokerProperties({ node: node!, nodes, bind: '127.0.0.1', logDirs: 'data', overrides: {} });
    for (const name of ['offsets.topic', 'transaction.state.log', 'share.coordinator.state.topic', 'default']) expect(properties[`${name}.replication.factor`], name).toBe('3');
    for (const name of ['min.insync.replicas', 'transaction.state.log.min.isr', 'share.coordinator.state.topic.min.isr']) expect(properties[name], name).toBe('2');
  });
});

it('a single broker waits for itself only', () => expect(replicationOf(1)).toEqual({ factor: 1, minInSync: 1 }));

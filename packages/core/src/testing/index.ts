export { testNetwork, type TestNetwork, type TestNetworkOptions } from './test-network.ts'

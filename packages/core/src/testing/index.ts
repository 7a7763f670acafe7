export {
  contractCases,
  type ContractAnswer,
  type ContractBackend,
  type ContractCase,
  type ContractFault,
  type ContractRequest,
} from './contract-cases.ts'
export { EgressError, type EgressAttempt } from './egress-error.ts'
export { expectNoEgress, watchEgress, type EgressOptions, type EgressWatch } from './expect-no-egress.ts'
export { testNetwork, type TestNetwork, type TestNetworkOptions } from './test-network.ts'

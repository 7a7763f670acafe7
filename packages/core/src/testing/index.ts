export {
  contractCases,
  type ContractAnswer,
  type ContractBackend,
  type ContractCase,
  type ContractFault,
  type ContractRequest,
} from './contract-cases.ts'
export { testNetwork, type TestNetwork, type TestNetworkOptions } from './test-network.ts'

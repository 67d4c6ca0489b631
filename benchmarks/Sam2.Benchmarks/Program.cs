using BenchmarkDotNet.Running;
using Sam2.Benchmarks;

BenchmarkSwitcher.FromAssembly(typeof(ModelBenchmarks).Assembly).Run(args);

using BenchmarkDotNet.Running;
using Sam2.Benchmarks;

BenchmarkSwitcher.FromAssembly(typeof(ImageBenchmarks).Assembly).Run(args);

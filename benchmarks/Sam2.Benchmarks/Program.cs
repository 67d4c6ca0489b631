using BenchmarkDotNet.Running;
using Sam2.Benchmarks;

// --tiny: small sizes, once, to see that everything runs.
BenchmarkSize.IsTiny = args.Contains(BenchmarkSize.TinySwitch);
BenchmarkSwitcher.FromAssembly(typeof(ModelBenchmarks).Assembly).Run([.. args.Where(arg => arg != BenchmarkSize.TinySwitch)]);

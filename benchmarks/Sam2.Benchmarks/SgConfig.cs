using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Sam2.Benchmarks;

/// <summary>
/// Few, single invocations in this process: each takes from milliseconds to seconds, and libtorch is loaded here. Results go to
/// BenchmarkDotNet.Artifacts/results as Markdown and JSON.
/// </summary>
public sealed class SgConfig : ManualConfig
{
    /// <summary>Creates the configuration. The column Ratio is the time in sg where the reference product is among the benchmarks.</summary>
    public SgConfig()
    {
        AddJob(Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance)
            .WithStrategy(RunStrategy.Monitoring)
            .WithWarmupCount(1)
            .WithIterationCount(BenchmarkSize.IsTiny ? 1 : 5)
            .WithInvocationCount(1)
            .WithUnrollFactor(1));
        AddColumn(StatisticColumn.Min);
        AddColumnProvider(DefaultColumnProviders.Instance);
        AddLogger(ConsoleLogger.Default);
        AddExporter(MarkdownExporter.GitHub, JsonExporter.Brief);
    }
}

/// <summary>How large the tasks are.</summary>
public static class BenchmarkSize
{
    /// <summary>The argument of the program that makes tasks small.</summary>
    public const string TinySwitch = "--tiny";

    /// <summary>Whether tasks are so small that their times say nothing: to see that everything runs.</summary>
    public static bool IsTiny { get; set; }

    /// <summary>The architecture of models: the environment variable SAM2_ARCHITECTURE, or SAM 2.1 tiny.</summary>
    public static string Architecture => IsTiny ? "sam2.1_hiera_nano" : Environment.GetEnvironmentVariable("SAM2_ARCHITECTURE") ?? "sam2.1_hiera_t";

    /// <summary>One number or the other.</summary>
    public static int Of(int usual, int tiny) => IsTiny ? tiny : usual;
}

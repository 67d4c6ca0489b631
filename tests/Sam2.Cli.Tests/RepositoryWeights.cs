using System.Runtime.CompilerServices;
using Sam2.Torch.Checkpoints;
using TestSupport;

namespace Sam2.Cli.Tests;

/// <summary>Lets commands, also those in processes of their own, find the repository's weights by name, as tools/sam2 does.</summary>
internal static class RepositoryWeights
{
    [ModuleInitializer]
    internal static void Add() => Environment.SetEnvironmentVariable(
        ModelFiles.Variable, $"{Environment.GetEnvironmentVariable(ModelFiles.Variable)}{Path.PathSeparator}{RepositoryFiles.At("weights")}");
}

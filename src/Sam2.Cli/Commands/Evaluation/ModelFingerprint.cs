using System.Security.Cryptography;
using Sam2.Torch.Checkpoints;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary>Tells checkpoints apart, also those that were written over each other.</summary>
internal static class ModelFingerprint
{
    /// <summary>The beginning of the SHA-256 of a checkpoint's file.</summary>
    public static string Of(string nameOrPath)
    {
        using var file = File.OpenRead(ModelFiles.Resolve(nameOrPath));
        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(file))[..16];
    }
}

using System.Security.Cryptography;
using Sam2.Torch.Checkpoints;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary>Tells checkpoints apart, also those that were written over each other.</summary>
internal static class ModelFingerprint
{
    /// <summary>The beginning of the SHA-256 of a checkpoint's file.</summary>
    public static string Of(string nameOrPath) => OfFile(ModelFiles.Resolve(nameOrPath));

    /// <summary>The beginning of a file's SHA-256.</summary>
    /// <exception cref="CliException">It can't be read.</exception>
    public static string OfFile(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(file))[..16];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{path} can't be read: {e.Message}", e);
        }
    }
}

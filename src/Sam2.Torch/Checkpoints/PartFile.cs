namespace Sam2.Torch.Checkpoints;

/// <summary>
/// The bytes of a download that is not complete: NAME.part, and NAME.part.tag with the server's validator (ETag or date),
/// without which nobody knows whether the rest of the server's file still belongs to these bytes.
/// </summary>
internal sealed class PartFile : IDisposable
{
    private readonly FileStream _stream;
    private readonly string _tagPath;

    /// <summary>Opens or creates the part of <paramref name="target"/>. Nobody else may download it at the same time.</summary>
    public PartFile(string target)
    {
        Path = PartOf(target);
        _tagPath = TagOf(target);
        _stream = new FileStream(Path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1 << 16);
        Validator = File.Exists(_tagPath) ? File.ReadAllText(_tagPath) : "";
        if (Validator.Length == 0 || Validator.Any(char.IsControl))
            Restart("");
        _stream.Seek(0, SeekOrigin.End);
    }

    /// <summary>Where the bytes are.</summary>
    public string Path { get; }

    /// <summary>What the server calls this version of the file; empty if it can't be resumed.</summary>
    public string Validator { get; private set; }

    /// <summary>Bytes so far.</summary>
    public long Length => _stream.Length;

    /// <summary>Forgets the bytes; those that follow are of the version <paramref name="validator"/>.</summary>
    public void Restart(string validator)
    {
        _stream.SetLength(0);
        Validator = validator;
        if (validator.Length > 0)
            File.WriteAllText(_tagPath, validator);
        else
            File.Delete(_tagPath);
    }

    public void Append(ReadOnlySpan<byte> bytes) => _stream.Write(bytes);

    public void Flush() => _stream.Flush(flushToDisk: true);

    public void Dispose() => _stream.Dispose();

    /// <summary>Gives the complete file its name.</summary>
    public static void Complete(string target)
    {
        File.Move(PartOf(target), target, overwrite: true);
        File.Delete(TagOf(target));
    }

    private static string PartOf(string target) => target + ".part";

    private static string TagOf(string target) => target + ".part.tag";
}

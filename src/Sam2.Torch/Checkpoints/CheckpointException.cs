namespace Sam2.Torch.Checkpoints;

/// <summary>A checkpoint can't be found, read, written or used. Names the file, the cause and what to do about it.</summary>
public sealed class CheckpointException : RemedyException
{
    /// <summary>Describes a failure.</summary>
    /// <param name="file">The file, as the caller named it.</param>
    /// <param name="cause">What is wrong with it, a sentence without a full stop.</param>
    /// <param name="remedy">What the user can do, a sentence without a full stop, or a question; empty if there is nothing to add.</param>
    /// <param name="inner">The exception that revealed it, if any.</param>
    public CheckpointException(string file, string cause, string remedy = "", Exception? inner = null)
        : base(file, cause, remedy, inner)
    {
    }

    /// <summary>The published model that is missing and can be downloaded (<see cref="CheckpointDownload"/>); null for any other failure.</summary>
    public PublishedModel? Download { get; init; }
}

/// <summary>Advice that several errors share.</summary>
public static class CheckpointRemedy
{
    /// <summary>For a file that was damaged on its way here.</summary>
    public const string Redownload = "The file is damaged or incomplete: download or copy it again";

    /// <summary>For a file that holds more than tensors and plain values.</summary>
    public const string Resave =
        "If you trust the file, reduce it in Python to tensors and plain values: torch.save({\"model\": torch.load(PATH, weights_only=False)[\"model\"]}, NEW)";
}

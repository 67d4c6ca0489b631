namespace Sam2.Torch.Checkpoints;

/// <summary>Advice that several errors share.</summary>
public static class CheckpointRemedy
{
    /// <summary>For a file that was damaged on its way here.</summary>
    public const string Redownload = "The file is damaged or incomplete: download or copy it again";

    /// <summary>For a file that holds more than tensors and plain values.</summary>
    public const string Resave =
        "If you trust the file, reduce it in Python to tensors and plain values: torch.save({\"model\": torch.load(PATH)[\"model\"]}, NEW)";
}

namespace Sam2.Torch.Checkpoints;

/// <summary>Advice that several errors share.</summary>
internal static class CheckpointRemedy
{
    public const string Redownload = "The file is damaged or incomplete: download or copy it again";

    public const string Resave =
        "If you trust the file, reduce it in Python to tensors and plain values: torch.save({\"model\": torch.load(PATH)[\"model\"]}, NEW)";
}

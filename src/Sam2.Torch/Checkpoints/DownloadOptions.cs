namespace Sam2.Torch.Checkpoints;

/// <summary>Patience of a download.</summary>
/// <param name="Attempts">Attempts in a row that bring nothing before it gives up.</param>
/// <param name="Pause">Pause before the second attempt; doubles with each further one.</param>
/// <param name="Stall">Longest wait for the next bytes.</param>
internal sealed record DownloadOptions(int Attempts, TimeSpan Pause, TimeSpan Stall)
{
    public static DownloadOptions Default { get; } = new(5, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
}

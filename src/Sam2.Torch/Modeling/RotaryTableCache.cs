using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// Rotary tables, and the channel order that goes with them, once per grid and device: they don't change from frame to frame.
/// A model is used at one image size, so there is one grid as a rule and nothing is ever dropped before disposal.
/// </summary>
internal sealed class RotaryTableCache(int dim, int numHeads, double theta) : IDisposable
{
    private readonly Dictionary<(int Width, int Height, string Device), Entry> _entries = [];

    /// <summary>Tables for a grid of tokens. They belong to the cache and must not be changed or disposed.</summary>
    public Entry Get(int width, int height, Device device)
    {
        lock (_entries)
        {
            var key = (width, height, device.ToString());
            if (_entries.TryGetValue(key, out var entry)) return entry;

            // Cached across grad and inference modes, so they must be ordinary tensors.
            using var inference = inference_mode(false);
            using var noGrad = no_grad();
            var (cos, sin) = RotaryPositionEncoding.Tables(dim, width, height, theta, device);
            var order = RotaryPositionEncoding.PairedChannelOrder(dim, numHeads, device);
            entry = new Entry(cos.DetachFromDisposeScope(), sin.DetachFromDisposeScope(), order.DetachFromDisposeScope());
            return _entries[key] = entry;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_entries)
        {
            foreach (var entry in _entries.Values)
            {
                entry.Cos.Dispose();
                entry.Sin.Dispose();
                entry.ChannelOrder.Dispose();
            }

            _entries.Clear();
        }
    }

    /// <summary>Tables [N, dim / 2] and channel order [heads · dim] of one grid.</summary>
    public sealed record Entry(Tensor Cos, Tensor Sin, Tensor ChannelOrder);
}

using Sam2.Torch.Media;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Masks;

/// <summary>
/// 8-connected components, on the CPU. What the original's CUDA extension computes (<c>sam2/csrc/connected_components.cu</c>),
/// except that components are numbered 1, 2, … in raster order of their first pixel.
/// </summary>
public static class ConnectedComponents
{
    /// <summary>Labels one mask.</summary>
    /// <param name="mask">The mask.</param>
    /// <returns>Labels per pixel (row-major, 0 outside the mask) and the area in pixels of label 1, 2, ….</returns>
    public static (int[] Labels, long[] Areas) Label(BinaryMask mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        var components = new RunComponents();
        components.Find(mask.Data, mask.Height, mask.Width, 1);
        var labels = new int[mask.Data.Length];
        for (int i = 0; i < components.RunCount; i++)
        {
            var (run, component) = components[i];
            labels.AsSpan(run.Start, run.Length).Fill(component + 1);
        }

        return (labels, [.. components.Areas]);
    }

    /// <summary>Labels a batch of masks, each on its own.</summary>
    /// <param name="masks"><c>[N, 1, H, W]</c> (any leading dimensions), values other than 0 belong to the mask; any device.</param>
    /// <returns>
    /// Two Int32 tensors of the same shape on the same device: labels (0 outside) and, at every pixel of the mask, the area of
    /// its component (0 outside).
    /// </returns>
    /// <exception cref="ArgumentException">The tensor has fewer than two dimensions.</exception>
    public static (Tensor Labels, Tensor Areas) Label(Tensor masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        using var scope = NewDisposeScope();
        var all = BinaryMask.FromTensors(masks);
        var labels = torch.zeros(masks.shape, dtype: ScalarType.Int32);
        var areas = torch.zeros(masks.shape, dtype: ScalarType.Int32);
        var components = new RunComponents();
        for (int n = 0; n < all.Length; n++)
        {
            int size = all[n].Data.Length;
            components.Find(all[n].Data, all[n].Height, all[n].Width, 1);
            var labelsOfMask = TensorMemory.Span<int>(labels.reshape(all.Length, size)[n]);
            var areasOfMask = TensorMemory.Span<int>(areas.reshape(all.Length, size)[n]);
            for (int i = 0; i < components.RunCount; i++)
            {
                var (run, component) = components[i];
                labelsOfMask.Slice(run.Start, run.Length).Fill(component + 1);
                areasOfMask.Slice(run.Start, run.Length).Fill((int)components.Areas[component]);
            }
        }

        return (labels.to(masks.device).MoveToOuterDisposeScope(), areas.to(masks.device).MoveToOuterDisposeScope());
    }
}
